-- Arrivals on time by airport and month, in percent of scheduled flights.
select
    origin,
    month,
    count(*) as flights,
    round(100 * avg(on_time::int), 1) as on_time,
    round(100 * avg((arr_delay is null)::int), 1) as never_arrived
from flights
group by origin, month
order by origin, month
