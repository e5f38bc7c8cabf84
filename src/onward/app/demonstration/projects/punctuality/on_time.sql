-- Arrivals on time (less than 15 minutes behind schedule) by airport and month, in percent of scheduled flights.
-- A flight that was cancelled or diverted never arrived on time.
select
    origin,
    month,
    count(*) as flights,
    count(*) filter (where arr_delay < 15) as arrived_on_time,
    round(100.0 * count(*) filter (where arr_delay < 15) / count(*), 1) as on_time,
    round(100.0 * count(*) filter (where arr_delay is null) / count(*), 1) as never_arrived
from flights
where distance >= 50
group by origin, month
order by origin, month
