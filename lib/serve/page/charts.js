// Live lines of what /metrics says.
import { request } from './api.js';
import { element } from './element.js';
import { gauge, mean, parse, quantile, rate } from './metrics.js';

const POINTS = 120;
const WIDTH = 600;
const HEIGHT = 64;

const milliseconds = (seconds) => (seconds === undefined ? undefined : seconds * 1000);
const whole = (value) => Math.round(value).toLocaleString('en');
const fine = (value) => value.toFixed(value < 10 ? 1 : 0);

/** A chart: its title, and lines of numbers between two readings. */
const charts = [
  {
    title: 'Throughput',
    unit: 'tokens/s',
    show: whole,
    lines: {
      written: (a, b) => rate(a, b, 'mia_decode_tokens_total'),
      read: (a, b) => rate(a, b, 'mia_prefill_tokens_total'),
    },
  },
  {
    title: 'Time to first token',
    unit: 'ms',
    show: fine,
    lines: {
      mean: (a, b) => milliseconds(mean(a, b, 'mia_time_to_first_token_seconds')),
      p95: (a, b) => milliseconds(quantile(a, b, 'mia_time_to_first_token_seconds', 0.95)),
    },
  },
  {
    title: 'Between tokens',
    unit: 'ms',
    show: fine,
    lines: {
      mean: (a, b) => milliseconds(mean(a, b, 'mia_inter_token_seconds')),
      p95: (a, b) => milliseconds(quantile(a, b, 'mia_inter_token_seconds', 0.95)),
    },
  },
  {
    title: 'Requests',
    unit: '',
    show: whole,
    lines: {
      running: (_, b) => gauge(b, 'mia_active'),
      waiting: (_, b) => gauge(b, 'mia_queue_depth'),
    },
  },
  {
    title: 'Event loop delay',
    unit: 'ms',
    show: fine,
    lines: {
      median: (_, b) => milliseconds(gauge(b, 'mia_event_loop_delay_seconds 0.5')),
      p99: (_, b) => milliseconds(gauge(b, 'mia_event_loop_delay_seconds 0.99')),
    },
  },
];

export function start(container, onState) {
  const drawn = charts.map(makeChart);
  container.replaceChildren(...drawn.map(({ card }) => card));
  let before;
  const read = async () => {
    try {
      const now = parse(await (await request('/metrics')).text());
      onState(gauge(now, 'mia_ready') === 1 ? 'ready' : 'loading');
      if (before) for (const { add } of drawn) add(before, now);
      before = now;
    } catch {
      onState('away');
    }
    setTimeout(read, 1000);
  };
  return read();
}

function makeChart({ title, unit, show, lines }) {
  const names = Object.keys(lines);
  const values = names.map(() => element('b', { textContent: '–' }));
  const legend = names.map((name, i) =>
    element('span', {}, element('i', { className: `c${i}` }), `${name} `, values[i]),
  );
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  const top = element('span');
  const scale = element(
    'div',
    { className: 'scale' },
    element('span', { textContent: '2 min ago' }),
    top,
    element('span', { textContent: 'now' }),
  );
  const heading = element('h2', { textContent: unit ? `${title}, ${unit}` : title });
  const head = element('div', { className: 'head' }, heading, ...legend);
  const card = element('article', { className: 'card chart' }, head, svg, scale);
  const series = names.map(() => []);
  const add = (before, now) => {
    Object.values(lines).forEach((line, i) => {
      const value = line(before, now);
      series[i].push(value);
      if (series[i].length > POINTS) series[i].shift();
      if (value !== undefined) values[i].textContent = show(value);
    });
    const most = Math.max(1e-9, ...series.flat().filter((value) => value !== undefined));
    top.textContent = `highest ${show(most === 1e-9 ? 0 : most)}`;
    svg.innerHTML = `<line x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}"/>${draw(series, most)}`;
  };
  return { card, add };
}

/** Lines that end at the right edge; where nothing happened there is a gap. */
function draw(series, most) {
  const step = WIDTH / (POINTS - 1);
  const paths = series.map((points, i) => {
    const x = (k) => (WIDTH - (points.length - 1 - k) * step).toFixed(1);
    const y = (value) => (HEIGHT - 2 - (value / most) * (HEIGHT - 6)).toFixed(1);
    let open = false;
    const line = points.map((value, k) => {
      const move = open ? 'L' : 'M';
      open = value !== undefined;
      if (!open) return '';
      const lonely = points[k - 1] === undefined && points[k + 1] === undefined;
      return `${move}${x(k)} ${y(value)}${lonely ? 'h0.1' : ''}`;
    });
    const whole = points.length > 1 && points.every((value) => value !== undefined);
    const area =
      i === 0 && whole
        ? `<path class="area" d="${line.join('')}L${WIDTH} ${HEIGHT}L${x(0)} ${HEIGHT}Z"/>`
        : '';
    return `${area}<path class="c${i}" d="${line.join('')}"/>`;
  });
  return paths.reverse().join('');
}
