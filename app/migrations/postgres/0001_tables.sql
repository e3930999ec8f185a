create table users (
    id text primary key,
    email text not null unique,
    username text not null unique,
    password_hash text not null
);

create table rooms (
    id text primary key,
    name text not null,
    cost double precision not null,
    number_of_seats bigint not null,
    category text not null,
    main_photo text not null
);

create table photos (
    room_id text not null references rooms (id),
    position bigint not null,
    path text not null,
    primary key (room_id, position)
);

create table bookings (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    room_id text not null references rooms (id),
    booked_on date not null,
    created_at timestamptz not null,
    -- When the reminder of it was claimed by a process; null while it is due or lies ahead.
    reminded_at timestamptz,
    unique (room_id, booked_on)
);
