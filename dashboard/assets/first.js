// Shows a page's first words until the page itself is there.
const first = document.getElementById('first');
new MutationObserver((_, arrival) => {
    if (!document.getElementById('page')?.firstElementChild) return;
    first.remove();
    arrival.disconnect();
}).observe(document.body, {childList: true, subtree: true});
fetch(`/words?${new URLSearchParams({path: location.pathname, search: location.search})}`)
    .then(answer => answer.ok ? answer.text() : '')
    .then(words => { first.innerHTML = words; }, () => {});
