// `wasi:keyvalue` as jco's bindings call it: what is returned is the `ok` of a result, and what is thrown its `err`.

import { check, granted, page, stores, write } from './store.mjs';

// How many keys a page has.
const PAGE = 256;

const other = (text) => ({ tag: 'other', val: text });
const fits = (key, value) => check(other, key, value);

class Bucket {
  constructor(data) {
    this.data = data;
  }

  get(key) {
    fits(key);
    return this.data.get(key)?.value;
  }

  set(key, value) {
    fits(key, value);
    write(this.data, key, value);
  }

  delete(key) {
    fits(key);
    this.data.delete(key);
  }

  exists(key) {
    fits(key);
    return this.data.has(key);
  }

  listKeys(cursor) {
    return page(other, this.data, '', cursor, PAGE);
  }
}

function open(label) {
  if (!granted.has(label)) throw { tag: 'access-denied' };
  if (!stores.has(label)) throw { tag: 'no-such-store' };
  return new Bucket(stores.get(label));
}

class Cas {
  constructor(data, key) {
    this.data = data;
    this.key = key;
    this.seen = data.get(key);
  }

  static new(bucket, key) {
    fits(key);
    return new Cas(bucket.data, key);
  }

  current() {
    return this.seen?.value;
  }
}

function swap({ data, key, seen }, value) {
  check((text) => ({ tag: 'store-error', val: other(text) }), key, value);
  // Each write makes a new entry, so an old value that was written again is another one.
  if (data.get(key) !== seen) throw { tag: 'cas-failed', val: new Cas(data, key) };
  write(data, key, value);
}

const COUNTER = /^(0|-?[1-9][0-9]*)$/;
const fits64 = (number) => BigInt.asIntN(64, number) === number;

function counter(value) {
  // A byte for a letter, so that nothing but decimal text looks like it.
  const text = Buffer.from(value).toString('latin1');
  const number = COUNTER.test(text) ? BigInt(text) : undefined;
  if (number === undefined || !fits64(number)) throw other('the value is no counter');
  return number;
}

function increment({ data }, key, delta) {
  fits(key);
  const sum = (data.has(key) ? counter(data.get(key).value) : 0n) + delta;
  if (!fits64(sum)) throw other('the sum is past the range of 64 bits');
  write(data, key, Buffer.from(String(sum)));
  return sum;
}

function getMany({ data }, keys) {
  keys.forEach((key) => fits(key));
  return keys.map((key) => (data.has(key) ? [key, data.get(key).value] : undefined));
}

function setMany({ data }, pairs) {
  pairs.forEach(([key, value]) => fits(key, value));
  pairs.forEach(([key, value]) => write(data, key, value));
}

function deleteMany({ data }, keys) {
  keys.forEach((key) => fits(key));
  keys.forEach((key) => data.delete(key));
}

export const store = { Bucket, open };
export const atomics = { Cas, increment, swap };
export const batch = { deleteMany, getMany, setMany };
