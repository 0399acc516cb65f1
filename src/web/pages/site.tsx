// The style of pages that are written by the server and run no script.
import '../theme.css';
import '../site.css';
