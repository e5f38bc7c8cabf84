-- Where flights go, the least punctual destination first. The register of airports ends at the mainland's
-- coast: Puerto Rico and the Virgin Islands stand under their codes.
select
    dest,
    coalesce(airports.name, dest) as airport,
    count(*) as flights,
    round(100 * avg(on_time::int), 1) as on_time,
    median(arr_delay) as median_delay
from flights
left join airports on airports.faa = flights.dest
group by dest, airports.name
having count(*) >= 100
order by on_time, dest
