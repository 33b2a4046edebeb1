// Makes JavaScript of a component: node prepare.mjs COMPONENT FOLDER

import { join } from 'node:path';
import { transpile, writeFiles } from '@bytecodealliance/jco-transpile';

const [component, outDir] = process.argv.slice(2);
// What it imports is given to it, so the folder may be anywhere: nothing in it looks for packages.
const { files } = await transpile(component, { name: 'guest', instantiation: 'async', outDir });
// Node takes `.js` for a module only where a package says so.
files[join(outDir, 'package.json')] = Buffer.from('{ "type": "module" }');
await writeFiles(files);
