import { ActionIcon, Menu, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { ChartNoAxesColumn, CloudOff, LayoutList, LogOut, Monitor, Moon, Shapes, Sun, User } from "lucide-react";
import { use, type ReactNode } from "react";
import { AccessContext } from "./access.js";
import { keepToken, readToken } from "./api/token.js";
import { Logo } from "./components/Logo.js";
import { config } from "./config.js";
import { useConnection } from "./live/connection.js";
import { hrefOf } from "./router.js";

const SECTIONS = [
  { id: "overview", title: "Overview", icon: ChartNoAxesColumn },
  { id: "tasks", title: "Tasks", icon: LayoutList },
  { id: "definitions", title: "Definitions", icon: Shapes }
];

/** The frame of every page: menu, who is signed in, how the server does. */
export function Shell({ section, children }: { section: string; children: ReactNode }) {
  const isOffline = useConnection() === "offline";
  return (
    <div className="shell">
      <a
        className="skip"
        href="#main"
        onClick={event => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        Skip the menu
      </a>
      <header className="side">
        <a className="brand" href={hrefOf(["overview"])}>
          <Logo />
          <span className="ellipsis">{config.title}</span>
        </a>
        <nav className="nav" aria-label="Pages">
          {SECTIONS.map(({ id, title, icon: Icon }) => (
            <a key={id} href={hrefOf([id])} aria-current={section === id ? "page" : undefined}>
              <Icon size={17} aria-hidden />
              {title}
            </a>
          ))}
        </nav>
        <div className="side-foot">
          <span className="row small dim" role="status">
            <span className="live-dot" data-off={isOffline || undefined} />
            {isOffline ? "Offline" : "Live"}
          </span>
          <div className="row between">
            <Identity />
            <ColorScheme />
          </div>
        </div>
      </header>
      <main className="main" id="main" tabIndex={-1}>
        {isOffline && (
          <div className="banner" role="alert">
            <CloudOff size={16} aria-hidden />
            <span>No answer from the server. It is asked again by itself; what you see is from before.</span>
          </div>
        )}
        {children}
      </main>
    </div>
  );
}

function Identity() {
  const { identity } = use(AccessContext);
  const name = identity.displayName ?? identity.id;
  if (name === "") {
    return <span />;
  }
  if (readToken() === null) {
    return (
      <span className="row small dim">
        <User size={15} aria-hidden />
        <span className="ellipsis">{name}</span>
      </span>
    );
  }
  return (
    <Menu position="top-start">
      <Menu.Target>
        <button type="button" className="who row small">
          <User size={15} aria-hidden />
          <span className="ellipsis">{name}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<LogOut size={15} />}
          onClick={() => {
            keepToken(null);
            window.location.reload();
          }}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const SCHEMES = [
  { id: "light", title: "Light", icon: Sun },
  { id: "dark", title: "Dark", icon: Moon },
  { id: "auto", title: "As the system", icon: Monitor }
] as const;

function ColorScheme() {
  // To stop them, the library would write a style element, which the page's policy forbids.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const scheme = useComputedColorScheme("light");
  return (
    <Menu position="top-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Colours">
          {scheme === "dark" ? <Moon size={16} /> : <Sun size={16} />}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ id, title, icon: Icon }) => (
          <Menu.Item key={id} leftSection={<Icon size={15} />} onClick={() => setColorScheme(id)}>
            {title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
