-- Schema 1. `select key, value from keyvalue` shows everything as it is: values are the bytes that were written.
create table keyvalue (
    bucket text not null,
    key text not null,
    version integer not null default 0,
    -- Milliseconds since 1970 from which on the key is absent. Before the value: to read it must not cost reading that.
    expires integer,
    value any not null,
    primary key (bucket, key)
) strict;

create index keyvalue_expires on keyvalue (expires) where expires is not null;

-- The version of the next write of any key. It outlives keys, so that no version comes back; it starts at random, so
-- that those of another file mean nothing here.
create table keyvalue_versions (next integer not null) strict;
insert into keyvalue_versions values (random() & 0x3fffffffffffffff);

-- Every write uses a version up, and a write of a program that does not know of versions gets one.
create trigger keyvalue_inserted after insert on keyvalue begin
    update keyvalue set version = (select next from keyvalue_versions)
        where rowid = new.rowid and version <> (select next from keyvalue_versions);
    update keyvalue_versions set next = next + 1;
end;
create trigger keyvalue_updated after update on keyvalue begin
    update keyvalue set version = (select next from keyvalue_versions)
        where rowid = new.rowid and version <> (select next from keyvalue_versions);
    update keyvalue_versions set next = next + 1;
end;
