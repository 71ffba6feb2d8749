// Shows a page's first words until the page itself is there.
const first = document.getElementById('first'), grid = document.currentScript.dataset.grid;
new MutationObserver((_, arrival) => {
    if (!document.getElementById('page')?.firstElementChild) return;
    first.remove();
    arrival.disconnect();
}).observe(document.body, {childList: true, subtree: true});
fetch(`/words?${new URLSearchParams({path: location.pathname, search: location.search})}`)
    .then(answer => answer.ok ? answer.text() : '')
    .then(words => { first.innerHTML = words; }, () => {});

// The largest script is that of the tables, which few pages begin with: it comes with the first table.
const put = (tag, properties) => document.head.append(Object.assign(document.createElement(tag), properties));
const table = () => table.script ??= new Promise(loaded => put('script', {src: grid, onload: loaded}));
window.dash_ag_grid = {AgGrid: Object.assign(properties => {
    const [Grid, show] = React.useState(null);
    React.useEffect(() => { table().then(() => show(() => window.dash_ag_grid.AgGrid)); }, []);
    return Grid && React.createElement(Grid, properties);
}, {dashRenderType: true})};
if (['/comments', '/audit'].includes(location.pathname)) put('link', {rel: 'preload', as: 'script', href: grid});
