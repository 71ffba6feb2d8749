// Ctrl-K finds pages, accounts and saved views; ? shows the keys; terms are explained.
const named = id => document.getElementById(id);
const isTyping = target => target.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, [contenteditable]');
const choices = () => [...document.querySelectorAll('#palette .choice')];

function narrow() {
    const words = named('palette-input').value.toLowerCase().split(/\s+/);
    for (const one of choices()) one.hidden = !words.every(word => one.textContent.toLowerCase().includes(word));
}

const arrival = new MutationObserver(narrow);  // who types fast is ahead of the list

function move(by) {
    const shown = choices().filter(one => !one.hidden), at = shown.indexOf(document.activeElement);
    (at + by < 0 ? named('palette-input') : shown[Math.min(at + by, shown.length - 1)])?.focus();
}

document.addEventListener('click', ({target}) => {
    if (target.id === 'find') {
        arrival.observe(named('palette-list'), {childList: true});
        named('palette').showModal();
        named('palette-input').select();
        narrow();
    } else if (target.closest?.('#palette .choice') || target.tagName === 'DIALOG') target.closest('dialog').close();
});
document.addEventListener('input', ({target}) => { if (target.id === 'palette-input') narrow(); });
document.addEventListener('keydown', event => {
    const isPalette = named('palette')?.open;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        if (!isPalette) named('find')?.click();
    } else if (event.key === '?' && !isTyping(event.target) && !document.querySelector('dialog[open]')) {
        named('keys')?.showModal();
    } else if (isPalette && event.key.startsWith('Arrow')) {
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); move(event.key === 'ArrowDown' ? 1 : -1); }
    } else if (isPalette && event.key === 'Enter' && event.target.id === 'palette-input') {
        choices().find(one => !one.hidden)?.click();
    }
});

// What a term means, where somebody points at it, tabs to it or taps it.
function explain({target}) {
    const note = named('meaning'), term = target.closest?.('[data-meaning]');
    if (!note) return;
    note.hidden = !term;
    if (!term) return;
    note.textContent = term.dataset.meaning;
    const place = term.getBoundingClientRect(), room = document.documentElement.clientWidth - note.offsetWidth - 8;
    note.style.left = `${Math.max(8, Math.min(place.left, room))}px`;
    const below = place.bottom + 6, isLow = below + note.offsetHeight > innerHeight;
    note.style.top = `${isLow ? place.top - note.offsetHeight - 6 : below}px`;
}
document.addEventListener('mouseover', explain);
document.addEventListener('focusin', explain);
document.addEventListener('scroll', () => explain({target: document.activeElement}), {passive: true, capture: true});
