// The texts whose contrast to what is behind them is under 4.5, or under 3 where they are large.
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
};
const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
        const color = rgba(getComputedStyle(at).backgroundColor);
        layers.push(color);
        if (color[3] === 255) break;
    }
    return layers.reverse().reduce((below, above) =>
        below.map((part, i) => part + (above[i] - part) * above[3] / 255));
};
const faint = new Set();
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.data.trim();
    if (!text || !element.checkVisibility()) continue;
    if (element.closest('script, style, svg title, svg desc')) continue;
    const style = getComputedStyle(element);
    const inDrawing = element.closest('svg');
    const ink = luminance(rgba(inDrawing ? style.fill : style.color));
    const [dark, light] = [ink, luminance(behind(element))].sort((a, b) => a - b);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < (large ? 3 : 4.5)) {
        faint.add(`${text.slice(0, 30)} in ${element.tagName}: ${contrast.toFixed(2)}`);
    }
}
return [...faint];
