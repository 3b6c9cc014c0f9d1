"""The page on which a user signs in."""

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · Paper cards</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh; margin: 0 1rem; }
  form { width: 100%; max-width: 20rem; display: grid; gap: .75rem; }
  h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
  label { display: grid; gap: .25rem; }
  input, button { font: inherit; padding: .6rem .75rem; border-radius: .5rem; border: 1px solid #767676; }
  button { border: 0; background: #1d4ed8; color: #fff; cursor: pointer; }
  :focus-visible { outline: 3px solid #60a5fa; outline-offset: 2px; }
  [role="alert"] { margin: 0; color: light-dark(#b91c1c, #fca5a5); }
</style>
</head>
<body>
<main>
<form method="post" action="/login">
  <h1>Paper cards</h1>
  <!--message-->
  <label>Name / 用户名 <input name="username" autocomplete="username" required autofocus></label>
  <label>Password / 密码 <input name="password" type="password" autocomplete="current-password" required></label>
  <button>Sign in / 登录</button>
</form>
</main>
</body>
</html>
"""


def login_page(message: str = "") -> str:
    """The page as HTML.

    Args:
        message: why signing in did not succeed.
    """
    shown = f'<p role="alert">{escape(message)}</p>' if message else ""
    return _PAGE.replace("<!--message-->", shown)
