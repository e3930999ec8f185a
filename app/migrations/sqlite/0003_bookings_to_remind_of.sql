create index bookings_to_remind_of on bookings (booked_on) where reminded_at is null;
