// What charts, calendars and tables need to know of the page's language, as the browser knows it.
{
    const language = document.documentElement.lang;

    function namesOf(unit, length, many) {  // of January to December 2001, or of its first week, which began on a Monday
        const name = new Intl.DateTimeFormat(language, {[unit]: length, timeZone: 'UTC'});
        const days = unit === 'month' ? many.map(n => Date.UTC(2001, n, 1)) : many.map(n => Date.UTC(2001, 0, 7 + n));
        return days.map(day => name.format(day));
    }

    const MONTHS = [...Array(12).keys()], DAYS = [...Array(7).keys()];  // from Sunday
    const signs = Object.fromEntries(
        new Intl.NumberFormat(language, {useGrouping: 'always'}).formatToParts(12345.6).map(({type, value}) => [type, value]));
    const names = {
        days: namesOf('weekday', 'long', DAYS), shortDays: namesOf('weekday', 'short', DAYS),
        months: namesOf('month', 'long', MONTHS), shortMonths: namesOf('month', 'short', MONTHS),
    };

    if (language !== 'en') {
        window.PlotlyLocales = [{
            moduleType: 'locale', name: language, dictionary: {},
            format: {...names, date: '%d.%m.%Y', decimal: signs.decimal, thousands: signs.group},
        }];
        window[`dayjs_locale_${language}`] = {
            name: language, weekStart: 1, ordinal: day => day, formats: {}, relativeTime: {}, months: names.months,
            monthsShort: names.shortMonths, weekdays: names.days, weekdaysShort: names.shortDays,
            weekdaysMin: namesOf('weekday', 'narrow', DAYS),
        };
    }
    window.dashAgGridFunctions = {
        localNumber: (value, options) => value == null ? '–' : value.toLocaleString(language, options),
    };
}
