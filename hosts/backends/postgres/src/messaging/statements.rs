//! The statements.

/// Makes a group and finds it.
pub(super) const ENTER: &str = "
    with made as (
        insert into message_group (scope, topic, name) values ($1, $2, $3) on conflict do nothing returning id
    )
    select id from made
    union all
    select id from message_group where scope = $1 and topic = $2 and name = $3
    limit 1";

pub(super) const CHANNEL: &str = "select message_channel($1, $2)";

pub(super) const PUBLISH: &str = "
    insert into message (scope, topic, data, headers, reply_to) values ($1, $2, $3, $4::text::json, null) returning id";

/// No row if nobody would hear it.
pub(super) const REQUEST: &str = "
    insert into message (scope, topic, data, headers, reply_to)
    select $1, $2, $3, $4::text::json, $5 where message_is_heard(message_channel($1, $2))
    returning id";

pub(super) const REPLY: &str = "insert into message_reply (address, data, headers) values ($1, $2, $3::text::json)";

pub(super) const TAKE_REPLY: &str = "delete from message_reply where id = $1 returning data, headers::text";

pub(super) const MESSAGE: &str = "select topic, data, headers::text, reply_to from message where id = $1";

/// The oldest message of a group that nobody handles, for `$2` milliseconds.
pub(super) const CLAIM: &str = "
    with next as materialized (
        select group_id, message_id from message_delivery
        where group_id = $1 and leased_until <= clock_timestamp()
        order by message_id limit 1
        for update skip locked
    ), claimed as (
        update message_delivery d
        set attempts = d.attempts + 1, leased_until = clock_timestamp() + $2::float8 * interval '1 millisecond'
        from next where d.group_id = next.group_id and d.message_id = next.message_id
        returning d.message_id, d.attempts
    )
    select c.message_id, c.attempts, m.topic, m.data, m.headers::text, m.reply_to
    from claimed c join message m on m.id = c.message_id";

/// Prolongs a lease.
pub(super) const HOLD: &str = "
    update message_delivery set leased_until = clock_timestamp() + $4::float8 * interval '1 millisecond'
    where group_id = $1 and message_id = $2 and attempts = $3";

pub(super) const DONE: &str = "
    delete from message_delivery where group_id = $1 and message_id = $2 and attempts = $3";

/// Leaves it to whoever asks next; `$4` is how many attempts it has had then, `$5` where to say so.
pub(super) const AGAIN: &str = "
    update message_delivery set leased_until = '-infinity', attempts = $4
    where group_id = $1 and message_id = $2 and attempts = $3
    returning pg_notify($5, '')";

/// Removes what a topic has beyond its newest `$3` messages.
pub(super) const TRIM: &str = "
    delete from message where scope = $1 and topic = $2 and id <= (
        select id from message where scope = $1 and topic = $2 order by id desc offset $3 limit 1
    )";

/// The same for all topics, for messages that other programs sent.
pub(super) const TRIM_ALL: &str = "
    delete from message m using (
        select scope, topic, id, row_number() over (partition by scope, topic order by id desc) as place from message
    ) beyond
    where beyond.place = $1::bigint + 1 and m.scope = beyond.scope and m.topic = beyond.topic and m.id <= beyond.id";

/// Removes replies that nobody fetched.
pub(super) const FORGET: &str = "delete from message_reply where sent_at < clock_timestamp() - interval '10 minutes'";
