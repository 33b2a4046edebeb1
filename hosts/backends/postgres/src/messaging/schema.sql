-- Messaging, version 1. `{schema}` is the option `schema` of the URL.
create table {schema}.message (
    id bigint generated always as identity primary key,
    scope bytea not null,
    topic bytea not null,
    data bytea not null,
    -- What is known of it: `content-type`, a text, and `metadata`, an object of texts.
    headers json not null default '{}',
    -- Where a reply goes, if one is wanted.
    reply_to text
);
comment on table {schema}.message is 'wasi-cloud messaging: the latest messages of each topic; names are the bytes of their UTF-8';
create index message_topic on {schema}.message (scope, topic, id);

-- Subscribers that share messages. A row is made with the first of them, and stays.
create table {schema}.message_group (
    id bigint generated always as identity primary key,
    scope bytea not null,
    topic bytea not null,
    name bytea not null,
    unique (scope, topic, name)
);

-- What a group has not handled yet.
create table {schema}.message_delivery (
    group_id bigint not null,
    message_id bigint not null references {schema}.message on delete cascade,
    -- How often somebody has got it. Whoever settles it says so: somebody else may have got it since.
    attempts integer not null default 0,
    -- Until then nobody else gets it.
    leased_until timestamptz not null default '-infinity',
    primary key (group_id, message_id)
);
create index message_delivery_message on {schema}.message_delivery (message_id);

-- Replies on their way to whoever waits.
create table {schema}.message_reply (
    id bigint generated always as identity primary key,
    address text not null,
    data bytea not null,
    headers json not null default '{}',
    sent_at timestamptz not null default clock_timestamp()
);

-- The channel on which the messages of a topic are told of: a name has at most 63 bytes.
create function {schema}.message_channel(scope bytea, topic bytea) returns text language sql immutable as $$
    select 'wc_' || md5(convert_to('{schema}', 'UTF8') || int4send(octet_length(scope)) || scope || topic)
$$;

-- Whether anybody is subscribed: who listens to a channel holds its lock, for as long as the connection lives.
create function {schema}.message_is_heard(channel text) returns boolean language sql stable as $$
    select exists (
        select from pg_locks l join pg_database d on d.oid = l.database
        where d.datname = current_database() and l.locktype = 'advisory' and l.objsubid = 1 and l.granted
            and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(channel, 0)
    )
$$;

-- Every message goes to the groups that its topic has, also one that another program inserts.
create function {schema}.message_sent() returns trigger language plpgsql as $$
begin
    insert into {schema}.message_delivery (group_id, message_id)
        select id, new.id from {schema}.message_group where scope = new.scope and topic = new.topic;
    perform pg_notify({schema}.message_channel(new.scope, new.topic), new.id::text);
    return null;
end
$$;
create trigger message_sent after insert on {schema}.message
    for each row execute function {schema}.message_sent();

create function {schema}.message_replied() returns trigger language plpgsql as $$
begin
    perform pg_notify(split_part(new.address, '.', 1), new.address || ' ' || new.id);
    return null;
end
$$;
create trigger message_replied after insert on {schema}.message_reply
    for each row execute function {schema}.message_replied();
