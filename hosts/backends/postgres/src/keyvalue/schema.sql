-- Key-value, version 1. `{schema}` is the option `schema` of the URL.
create table {schema}.keyvalue (
    bucket bytea not null,
    key bytea not null,
    -- From the trigger below: what a program writes here does not matter.
    version bigint not null default 0,
    -- From then on the key is absent; null is for ever.
    expires_at timestamptz,
    value bytea not null,
    primary key (bucket, key)
);
comment on table {schema}.keyvalue is
    'wasi-cloud key-value: names are the bytes of their UTF-8, values what was written, counters decimal text';

create index keyvalue_expires_at on {schema}.keyvalue (expires_at) where expires_at is not null;

-- The version of the next write of any key. It outlives keys, so that no version comes back; it starts at random, so
-- that those of another database mean nothing here.
create sequence {schema}.keyvalue_version;
select setval('{schema}.keyvalue_version', (random() * 4e18)::bigint + 1);

-- Every write has a version of its own, also that of a program which does not know of versions.
create function {schema}.keyvalue_written() returns trigger language plpgsql as $$
begin
    new.version := nextval('{schema}.keyvalue_version');
    return new;
end
$$;
create trigger keyvalue_written before insert or update on {schema}.keyvalue
    for each row execute function {schema}.keyvalue_written();

-- The number that a value is as a counter, or null: canonical decimal text of at most 20 characters.
create function {schema}.keyvalue_counter(value bytea) returns numeric language sql immutable as $$
    select case
        when octet_length(value) <= 20 and encode(value, 'escape') ~ '^(0|-?[1-9][0-9]*)$'
        then encode(value, 'escape')::numeric
    end
$$;
