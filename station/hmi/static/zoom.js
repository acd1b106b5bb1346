// Shows the picture at its full size over the page. Without this script the link simply opens the picture.

const dialog = document.getElementById("zoom");
const pan = dialog.querySelector(".pan");

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-zoom]");
  if (!link) return;
  event.preventDefault();
  const image = new Image();
  image.src = link.href;
  image.alt = link.querySelector("img")?.alt ?? link.querySelector("svg").getAttribute("aria-label");
  pan.replaceChildren(image);
  dialog.showModal();
  pan.scrollTo(0, 0); // the part is on the left
});

dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
});
