#!/usr/bin/env node
// Old syntax on purpose: this file runs on whatever Node calls it (18 or newer), finds Node 24 and hands over to it.
'use strict';
var childProcess = require('child_process');
var fs = require('fs');
var path = require('path');

var NEEDED_MAJOR = 24;

/** The Node that came with the install (optional dependency node-<os>-<cpu>), or this one when it is new enough. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR) return process.execPath;
  try {
    var manifest = require.resolve('node-' + process.platform + '-' + process.arch + '/package.json');
    var bundled = path.join(path.dirname(manifest), 'bin', 'node');
    var probe = childProcess.spawnSync(bundled, ['--version'], { encoding: 'utf8' });
    if (probe.status === 0) return bundled;
    var why = probe.error ? probe.error.code || probe.error.message : probe.signal || 'exit code ' + probe.status;
    process.stderr.write(
      'tektrace: the Node that came with the install can not be started (' + why + '): ' + bundled + '\n',
    );
    if (why === 'EAGAIN' || why === 'EMFILE' || probe.signal === 'SIGABRT')
      process.stderr.write(
        'This user may start too few processes or open too few files: raise ulimit -u or ulimit -n.\n',
      );
    process.exit(1);
  } catch {
    /* not installed on this platform: said below */
  }
  process.stderr.write(
    'tektrace: needs Node ' +
      NEEDED_MAJOR +
      ' or newer; this is ' +
      process.version +
      ' (' +
      process.platform +
      '-' +
      process.arch +
      ').\n' +
      'No bundled Node for this platform came with the install (npm ci --omit=optional leaves it out; musl has none). Install Node ' +
      NEEDED_MAJOR +
      ' and run the same command again.\n',
  );
  process.exit(2);
}

// A small young generation and an old one that is collected early: by itself Node takes several times what the embedded cluster needs.
var NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', '--max-old-space-size=768'];
// Each of glibc's arenas keeps what its thread has freed.
var env = Object.assign({ MALLOC_ARENA_MAX: '2' }, process.env);

// Beside this file in dist/, the sources in a checkout, dist/ in the package: Node runs no TypeScript below node_modules.
var entry = ['main.js', 'main.ts', '../dist/cli/main.js']
  .map(function (name) {
    return path.join(__dirname, name);
  })
  .find(fs.existsSync);
// The child ends when the pipe does: with this process, also when that is killed.
var PIPE = 3;
var child = childProcess.spawn(findNode(), NODE_FLAGS.concat([entry], process.argv.slice(2)), {
  stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  env: Object.assign({}, env, { TEKTRACE_LAUNCHER_PIPE: String(PIPE) }),
});

/** Name, parent and start of a process; empty when it has ended. With its start a number names one process. */
function identify(pid) {
  try {
    var stat = fs.readFileSync('/proc/' + pid + '/stat', 'latin1');
    var name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    var fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { name: name, parent: Number(fields[1]), start: fields[19] };
  } catch {
    return { name: '', parent: 0, start: '' };
  }
}

/** A package manager that is killed tells its script nothing: once it, or the shell between, is gone, the child is to end. */
function endWithPackageManager() {
  var SHELLS = ['sh', 'bash', 'dash', 'ash', 'busybox', 'zsh'];
  var parent = identify(process.ppid);
  var watched = [[process.ppid, parent.start]];
  if (SHELLS.indexOf(parent.name) >= 0) watched.push([parent.parent, identify(parent.parent).start]);
  setInterval(function () {
    var gone = watched.some(function (one) {
      return identify(one[0]).start !== one[1];
    });
    if (gone) child.stdio[PIPE].destroy();
  }, 500).unref();
}
if (process.env.npm_lifecycle_event && process.platform === 'linux') endWithPackageManager();

// Signals are handed on, and the child decides when to end. Ctrl-C at a terminal reaches the child by itself too: it takes the two for one.
['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'].forEach(function (signal) {
  process.on(signal, function () {
    child.kill(signal);
  });
});
child.on('error', function (error) {
  process.stderr.write('tektrace: cannot start Node: ' + error.message + '\n');
  process.exit(1);
});
child.on('exit', function (code, signal) {
  if (!signal) process.exit(code);
  // Ends as the child did: with our own listener, the signal would be heard and nothing more.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
