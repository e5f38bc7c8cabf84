-- Scheduled flights with what became of them. A flight arrives on time when it is less than 15 minutes behind
-- schedule; one that was cancelled or diverted never did. Newark to LaGuardia, 17 miles, was no flight.
select
    origin,
    dest,
    month,
    time_hour,
    carrier,
    flight,
    tailnum,
    distance,
    dep_time is null as cancelled,
    arr_delay,
    coalesce(arr_delay < 15, false) as on_time
from flights
where distance >= 50
order by time_hour, carrier, flight
