-- Does the age of a plane matter? Flights by the age that their plane reached in 2013.
select
    case
        when 2013 - planes.year < 5 then 'under 5 years'
        when 2013 - planes.year < 10 then '5 to 9 years'
        when 2013 - planes.year < 15 then '10 to 14 years'
        when 2013 - planes.year < 20 then '15 to 19 years'
        else '20 years and more'
    end as age,
    min(2013 - planes.year) as youngest,
    count(distinct tailnum) as planes,
    count(*) as flights,
    round(100 * avg(on_time::int), 1) as on_time
from flights
join planes using (tailnum)
where planes.year is not null
group by age
order by youngest
