create table users (
    id text primary key not null,
    email text not null unique,
    username text not null unique,
    password_hash text not null
);

create table rooms (
    id text primary key not null,
    name text not null,
    cost real not null,
    number_of_seats integer not null,
    category text not null,
    main_photo text not null
);

create table photos (
    room_id text not null references rooms (id),
    position integer not null,
    path text not null,
    primary key (room_id, position)
);

create table bookings (
    id text primary key not null,
    user_id text not null references users (id) on delete cascade,
    room_id text not null references rooms (id),
    booked_on text not null,
    created_at text not null,
    -- When the reminder of it was claimed by a process; null while it is due or lies ahead.
    reminded_at text,
    unique (room_id, booked_on)
);
