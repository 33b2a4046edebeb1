// Says what is judged: the versions that npm installed, and Node's own.

import { readFile } from 'node:fs/promises';

const { dependencies } = JSON.parse(await readFile(new URL('package.json', import.meta.url)));
const packages = Object.entries(dependencies).map(([name, version]) => `${name.split('/').at(-1)} ${version}`);
console.log([...packages, `node ${process.version}`].join(', '));
