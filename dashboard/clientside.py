"""What the browser does by itself: choose, open, return to a place, switch the theme."""

from dash import ALL, MATCH, Dash, Input, Output, State

TOGGLE_THEME = """clicks => {
    const page = document.documentElement, now = page.getAttribute('data-mantine-color-scheme');
    const next = clicks ? (now === 'dark' ? 'light' : 'dark')
        : localStorage.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    if (clicks) localStorage.theme = next;
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;  // the login page has no scripts
    page.setAttribute('data-mantine-color-scheme', next);
    const {light, dark} = document.getElementById('theme').dataset;
    return next === 'dark' ? light : dark;
}"""
# A control writes its value into the URL, and the page is rendered from that. New controls trigger nothing.
CHOOSE = """() => {
    const {triggered} = dash_clientside.callback_context, search = new URLSearchParams(location.search);
    if (!triggered.length) return;
    for (const {prop_id, value} of triggered) {
        const [control] = JSON.parse(prop_id.slice(0, prop_id.lastIndexOf('.'))).control.split(' ');
        if (control === 'dates') {
            const [first, last] = (value ?? []).map(day => Date.parse(day));
            if (!last) return;  // the other end is still to be chosen
            search.set('days', Math.round((last - first) / 864e5) + 1); search.set('last', value[1]);
        } else if (value?.length) search.set(control, value); else search.delete(control);
    }
    history.pushState({}, '', `?${search}`);
    dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
}"""

# The title of the tab names the page. On a phone, the menu opens by a click and closes with the next page.
NAME = """page => {
    const heading = part => Array.isArray(part) ? part.map(heading).find(Boolean)
        : part?.type === 'H1' ? part.props.children : part?.props ? heading(part.props.children) : null;
    const title = heading(page);
    document.title = title ? `${title} – Toxwatch` : 'Toxwatch';
    document.getElementById('nav').classList.remove('open');
}"""
MENU = """() => {
    const isOpen = document.getElementById('nav').classList.toggle('open');
    document.getElementById('menu').setAttribute('aria-expanded', isOpen);
}"""
# A point of a chart leads to the comments behind it.
OPEN = """() => {
    const [clicked] = dash_clientside.callback_context.triggered, address = clicked?.value?.points[0]?.customdata;
    if (typeof address !== 'string') return;
    history.pushState({}, '', address);
    dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
    scrollTo(0, 0);
}"""
# A browser takes most of a second to draw a grid, so one is drawn when somebody asks for it.
SHOW = "(clicks, grid) => clicks === 1 ? grid : dash_clientside.no_update"
# Back and forward return to the place on the page, for two seconds because charts move what is below them.
RETURN = """() => {
    if (!window.places) {
        window.places = {};
        history.scrollRestoration = 'manual';
        addEventListener('scroll', () => { if (!window.goal) places[location.href] = scrollY; }, {passive: true});
        addEventListener('popstate', () => { window.goal = {y: places[location.href] || 0}; });
        for (const move of ['wheel', 'pointerdown', 'keydown']) addEventListener(move, () => { window.goal = null; });
    }
    if (!window.goal) return;
    const until = Date.now() + 2000;
    const stay = () => {
        if (!window.goal) return;
        scrollTo(0, window.goal.y);
        if (Date.now() < until) requestAnimationFrame(stay); else window.goal = null;
    };
    stay();
}"""
# A click elsewhere closes an open menu.
CLOSE = """() => {
    if (window.closesMenus) return;
    window.closesMenus = true;
    addEventListener('click', ({target}) => {
        for (const menu of document.querySelectorAll('.actions details[open]')) menu.open = menu.contains(target);
    });
}"""
# Of callbacks that have no output and the same input, Dash runs only one.
ARRIVE = f"page => {{ ({NAME})(page); ({RETURN})(); ({CLOSE})(); }}"


def register(app: Dash) -> None:
    app.clientside_callback(CHOOSE, Input({"control": ALL}, "value"))
    app.clientside_callback(OPEN, Input({"chart": ALL}, "clickData"))
    app.clientside_callback(
        SHOW, Output({"data": "shown", "of": MATCH}, "children"), Input({"data": "show", "of": MATCH}, "n_clicks"),
        State({"data": "grid", "of": MATCH}, "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    app.clientside_callback(ARRIVE, Input("page", "children"))
    app.clientside_callback(MENU, Input("menu", "n_clicks"), prevent_initial_call=True)
    app.clientside_callback(TOGGLE_THEME, Output("theme", "children"), Input("theme", "n_clicks"))
