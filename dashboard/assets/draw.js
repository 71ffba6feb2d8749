// Draws the charts of a page that is a document: a report, a shared link, a chart embedded elsewhere.
for (const place of document.querySelectorAll('[data-figure]')) {
    const {data, layout} = JSON.parse(place.dataset.figure);
    Plotly.newPlot(place, data, layout, {displayModeBar: false, responsive: true, locale: document.documentElement.lang});
}
