// Packed texts of this page, and plotly.js out of one of them, unpacked once; nothing comes from outside.
const offline = (() => {
  "use strict";
  const unpack = (name) => {
    const text = atob(document.querySelector(`script[data-packed="${name}"]`).textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream);
  };
  let library = null;
  const plotly = () => {
    library ??= (async () => {
      const code = await unpack("plotly").blob();
      const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
      await new Promise((done, fail) => {
        const script = document.createElement("script");
        script.src = address;
        script.onload = done;
        script.onerror = () => fail(new Error("plotly.js does not load"));
        document.head.append(script);
      });
      URL.revokeObjectURL(address);
      return window.Plotly;
    })();
    return library;
  };
  return { unpack, plotly };
})();
