import '../theme.css';
import { render } from 'preact';

const root = document.getElementById('page');
if (root) render(<p>dten live</p>, root);
