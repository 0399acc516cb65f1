import { html } from './html.js';
import { shell } from './shell.js';
import { siteStyle } from './site-style.js';

/** `problem`: why the last try did not do. */
export function signInPage(problem?: string): string {
  return shell({
    title: 'dten: sign in',
    styles: [siteStyle],
    body: html`<main class="narrow">
      <h1>dten</h1>
      <form method="post" action="/sign-in">
        ${problem !== undefined && html`<p role="alert" class="bad">${problem}</p>`}
        <p>
          <label for="password">Password</label>
          <input
            id="password"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            autofocus
          />
        </p>
        <p><button type="submit">Sign in</button></p>
      </form>
    </main>`,
  });
}
