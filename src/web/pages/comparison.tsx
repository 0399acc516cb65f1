import 'uplot/dist/uPlot.min.css';
import '../theme.css';
import '../comparison.css';
import { render } from 'preact';
import type { ComparisonPage as Data } from '../../model/comparison-page.js';
import { ComparisonPage } from '../comparison-page.js';
import { preparePrinting } from '../watch-width.js';

const root = document.getElementById('page');
const text = document.getElementById('page-data')?.textContent;
if (root && text) {
  preparePrinting();
  root.replaceChildren();
  render(<ComparisonPage data={JSON.parse(text) as Data} />, root);
}
