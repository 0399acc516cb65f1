/** The style sheet of every page that this server writes itself. */
export const siteStyle = '/assets/site.css';
