//! The statements. They see nothing that has expired by the server's clock, read at each row: a statement that waited for
//! another's lock goes on later than it began.

/// What a statement tells of a row: present until its end.
macro_rules! live {
    () => {
        "(k.expires_at is null or k.expires_at > clock_timestamp())"
    };
}

/// The end of a lifetime of `$4` microseconds that begins now.
macro_rules! end {
    () => {
        "clock_timestamp() + $4::float8 * interval '1 microsecond'"
    };
}

macro_rules! put {
    () => {
        concat!(
            "insert into keyvalue as k (bucket, key, value, expires_at) values ($1, $2, $3, ",
            end!(),
            ") on conflict (bucket, key) do update set value = excluded.value, expires_at = ",
            end!()
        )
    };
}

pub(super) const GET: &str =
    concat!("select k.value, k.version from keyvalue k where k.bucket = $1 and k.key = $2 and ", live!());

pub(super) const EXISTS: &str = concat!("select from keyvalue k where k.bucket = $1 and k.key = $2 and ", live!());

pub(super) const GET_MANY: &str =
    concat!("select k.key, k.value from keyvalue k where k.bucket = $1 and k.key = any($2::bytea[]) and ", live!());

pub(super) const PUT: &str = concat!(put!(), " returning k.version");

pub(super) const PUT_ABSENT: &str = concat!(put!(), " where not ", live!(), " returning k.version");

pub(super) const PUT_VERSION: &str = concat!(
    "update keyvalue k set value = $3, expires_at = ",
    end!(),
    " where k.bucket = $1 and k.key = $2 and k.version = $5 and ",
    live!(),
    " returning k.version"
);

/// Its keys are distinct and sorted.
pub(super) const PUT_MANY: &str = "
    insert into keyvalue (bucket, key, value)
    select $1, pair.key, pair.value from unnest($2::bytea[], $3::bytea[]) as pair (key, value)
    on conflict (bucket, key) do update set value = excluded.value, expires_at = null";

pub(super) const DELETE: &str =
    concat!("delete from keyvalue k where k.bucket = $1 and k.key = $2 returning ", live!());

pub(super) const DELETE_VERSION: &str = concat!(
    "delete from keyvalue k where k.bucket = $1 and k.key = $2 and k.version = $3 and ",
    live!(),
    " returning true"
);

/// In the order of keys, so that two of them do not wait for each other.
pub(super) const DELETE_MANY: &str = "
    with found as materialized (
        select bucket, key from keyvalue where bucket = $1 and key = any($2::bytea[]) order by key for update
    )
    delete from keyvalue k using found where k.bucket = found.bucket and k.key = found.key";

/// Along the primary key, from `$2` up to before `$3`.
pub(super) const LIST: &str = concat!(
    "select k.key from keyvalue k where k.bucket = $1 and k.key >= $2 and k.key < $3 and ",
    live!(),
    " order by k.key limit $4"
);

/// No row if the value is no counter, or the sum none. An expired counter is 0, and has no end then.
pub(super) const INCREMENT: &str = concat!(
    "insert into keyvalue as k (bucket, key, value) values ($1, $2, decode($3::bigint::text, 'escape'))
     on conflict (bucket, key) do update set
         value = case when ",
    live!(),
    " then decode((keyvalue_counter(k.value) + $3::bigint)::text, 'escape') else excluded.value end,
         expires_at = case when ",
    live!(),
    " then k.expires_at end
     where not ",
    live!(),
    " or keyvalue_counter(k.value) between -9223372036854775808 and 9223372036854775807
         and keyvalue_counter(k.value) + $3::bigint between -9223372036854775808 and 9223372036854775807
     returning encode(k.value, 'escape')::bigint"
);

/// Removes up to a thousand keys that have expired; none that somebody is writing.
pub(super) const SWEEP: &str = "
    delete from keyvalue where ctid = any(array(
        select ctid from keyvalue where expires_at <= clock_timestamp() order by expires_at limit 1000
        for update skip locked
    )) returning true";
