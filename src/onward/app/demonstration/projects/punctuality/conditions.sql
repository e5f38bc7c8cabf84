-- What the weather in the scheduled hour does to flights: each hour goes by its worst condition.
with hours as (
    select
        origin,
        time_hour,
        case
            when visib < 1 then 'fog'
            when wind_gust >= 35 then 'strong gusts'
            when precip >= 0.1 then 'heavy rain or snow'
            when precip > 0 then 'light rain or snow'
            else 'nothing of note'
        end as condition
    from weather
)
select
    condition,
    count(distinct hours.origin || hours.time_hour) as hours,
    count(*) as flights,
    round(100 * avg(cancelled::int), 1) as cancelled,
    round(100 * avg(on_time::int), 1) as on_time
from flights
join hours on hours.origin = flights.origin and hours.time_hour = flights.time_hour
group by condition
order by on_time
