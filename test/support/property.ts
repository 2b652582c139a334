// The only lines that import fast-check: its seed is fixed here, so that a test gives the same result each time.
// FAST_CHECK_SEED=N tries other values.
// eslint-disable-next-line no-restricted-imports
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['FAST_CHECK_SEED'] ?? 1) });

export { fc };
