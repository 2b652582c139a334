/** OpenSSL's message about a failed handshake: `write EPROTO 40…:error:0A00010B:SSL routines:<function>:<reason>:<file of OpenSSL>:<line>:`. */
const OPENSSL_ERROR = /(?:\b\w+ EPROTO )?[\dA-F]{1,16}:error:[\dA-F]{1,16}:[^:\n]*:[^:\n]*:([^:\n]+):[^:\n]+:\d+:\s*/g;

/** The text with only the reason of each such error. */
export const withoutOpensslPlaces = (text: string): string => text.replace(OPENSSL_ERROR, '$1');
