
"use strict";
const token = location.hash.slice(1);
const button = document.getElementById("claim");
const answer = document.getElementById("answer");
history.replaceState(null, "", location.pathname);
if (!token) {
  button.disabled = true;
  answer.textContent = "The link has no token: open the whole link of the mail.";
}
button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    const response = await fetch(location.pathname, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    const told = await response.json();
    if (!response.ok) {
      answer.textContent = told.title;
      return;
    }
    const lines = [`access key id  ${told.access_key_id}`, `secret         ${told.secret}`];
    for (const [name, value] of Object.entries(told.extras)) {
      lines.push(`${name.padEnd(13)}  ${value}`);
    }
    answer.textContent = lines.join("\n");
  } catch {
    button.disabled = false;
    answer.textContent = "The service could not be reached; try again.";
  }
});
