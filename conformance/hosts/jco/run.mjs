// Runs what `prepare.mjs` made: node run.mjs FOLDER [NAME=VALUE]...

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { extension } from './extension.mjs';
import { atomics, batch, store } from './keyvalue.mjs';

// How it exits when the guest trapped, as a Unix program that aborts; jco.toml says so too.
const TRAPPED = 134;

const [folder, ...pairs] = process.argv.slice(2);
const config = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));

const imports = {
  ...new WASIShim().getImportObject(),
  'wasi:config/store': { get: (key) => config.get(key), getAll: () => [...config] },
  'wasi:keyvalue/atomics': atomics,
  'wasi:keyvalue/batch': batch,
  'wasi:keyvalue/store': store,
  'wasi-cloud:keyvalue/extension': extension,
};

// preview2-shim says that a write to the standard output is flushed when Node has only queued it, and what a full pipe did not
// take stays there while the guest waits for its input. So writes block.
process.stdout._handle?.setBlocking?.(true);

const { instantiate } = await import(pathToFileURL(resolve(folder, 'guest.js')));
const compiled = async (name) => WebAssembly.compile(await readFile(join(folder, name)));
const guest = await instantiate(compiled, imports);
try {
  guest.run.run();
} catch (why) {
  if (!(why instanceof WebAssembly.RuntimeError)) throw why;
  console.error(why);
  process.exit(TRAPPED);
}
