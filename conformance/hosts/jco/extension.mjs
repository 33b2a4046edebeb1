// `wasi-cloud:keyvalue` as jco's bindings call it.

import { check, page, write } from './store.mjs';

// How many keys a page has at most.
const MOST = 1000;

const refusal = (kind) => (message) => ({ kind, applied: 'no', message });
const fits = (key, value) => check(refusal('quota'), key, value);

function get({ data }, key) {
  fits(key);
  return data.get(key);
}

function must(data, key, condition) {
  const version = data.get(key)?.version;
  const holds = { always: true, absent: version === undefined, version: version === condition.val };
  if (!holds[condition.tag]) throw refusal('conflict')('the condition does not hold');
}

function put({ data }, key, value, { condition, ttlMs }) {
  fits(key, value);
  if (ttlMs === 0n) throw refusal('invalid')('a lifetime of nothing');
  if (ttlMs !== undefined) throw refusal('unsupported')('there are no lifetimes here');
  must(data, key, condition);
  return write(data, key, value);
}

function remove({ data }, key, condition) {
  fits(key);
  if (condition.tag === 'absent') throw refusal('invalid')('there is nothing to remove of what is absent');
  must(data, key, condition);
  return data.delete(key);
}

function listKeys({ data }, prefix, cursor, limit) {
  if (limit === 0) throw refusal('invalid')('a page of no keys');
  return page(refusal('invalid'), data, prefix, cursor, Math.min(limit, MOST));
}

export const extension = { delete: remove, get, listKeys, put };
