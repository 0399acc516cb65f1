import 'uplot/dist/uPlot.min.css';
import '../theme.css';
import '../live.css';
import { render } from 'preact';
import { LiveConnection } from '../live-connection.js';
import { LivePage } from '../live-page.js';
import { LiveStore } from '../live-store.js';

const root = document.getElementById('page');
if (root) {
  const store = new LiveStore();
  // A run without a report (it broke before it had one) stays as it is shown.
  const toReport = () => {
    void fetch('/report', { method: 'HEAD' }).then((answer) => {
      if (answer.ok) location.replace('/report');
    });
  };
  const connection = new LiveConnection(store, toReport);
  root.replaceChildren();
  render(<LivePage store={store} connection={connection} />, root);
  connection.open();
}
