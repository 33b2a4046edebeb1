// What both packages share: stores in memory, each a map from keys to values with versions.

// What the operator linked, by label, and what is granted. As in every deployment of the suite, `missing` is granted and
// linked to nothing.
export const stores = new Map([
  ['default', new Map()],
  ['other', new Map()],
]);
export const granted = new Set([...stores.keys(), 'missing']);

// The longest key and the largest value, in bytes: jco.toml says so too.
const KEY = 1024;
const VALUE = 1024 * 1024;

// Throws what `refusal` makes of the reason, if the key or the value is too large.
export function check(refusal, key, value) {
  if (Buffer.byteLength(key) > KEY) throw refusal(`the key is longer than ${KEY} bytes`);
  if (value?.length > VALUE) throw refusal(`the value is larger than ${VALUE} bytes`);
}

// Of all stores, so that no version ever comes back.
let writes = 0;

export function write(data, key, value) {
  const version = String(++writes);
  data.set(key, { value, version });
  return version;
}

// At most `limit` keys behind the cursor, which names the last key of the page before. Throws `refusal` if none was named so.
export function page(refusal, data, prefix, cursor, limit) {
  if (cursor !== undefined && !cursor.startsWith('after ')) throw refusal('no page had this cursor');
  const after = cursor?.slice('after '.length);
  const keys = [...data.keys()].filter((key) => key.startsWith(prefix) && (after === undefined || key > after)).sort();
  const shown = keys.slice(0, limit);
  return { keys: shown, cursor: keys.length > limit ? `after ${shown.at(-1)}` : undefined };
}
