import 'uplot/dist/uPlot.min.css';
import '../theme.css';
import { render } from 'preact';
import type { PageData } from '../../model/page-data.js';
import { PageStore } from '../page-store.js';
import { preparePrinting } from '../watch-width.js';
import { ReportPage } from '../report-page.js';

const root = document.getElementById('page');
const text = document.getElementById('page-data')?.textContent;
if (root && text) {
  preparePrinting();
  root.replaceChildren();
  render(<ReportPage store={new PageStore(JSON.parse(text) as PageData)} />, root);
}
