import { ThemeProvider, defaultDarkModeOverride } from "@aws-amplify/ui-react";
import "@aws-amplify/ui-react/styles.css";
import { Amplify } from "aws-amplify";
import { createRoot } from "react-dom/client";
import { configure } from "../../poolhouse_local.js";
import App from "./App.jsx";
import "./app.css";

configure(Amplify);

const theme = { name: "admin-queries", overrides: [defaultDarkModeOverride] };

createRoot(document.getElementById("root")).render(
  <ThemeProvider theme={theme} colorMode="system">
    <App />
  </ThemeProvider>,
);
