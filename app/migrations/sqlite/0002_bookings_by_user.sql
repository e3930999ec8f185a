create index bookings_by_user on bookings (user_id, booked_on);
