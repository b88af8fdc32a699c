"""An agent that remembers: a small loop whose tools come from `spikeloom serve`, by the official MCP client.

    python examples/06_agent_memory.py [FOLDER]

Needs the extras `text` and `serve`: pip install 'spikeloom[text,serve]'. A rule stands where your language model goes:
it sees what the user says and picks a tool, so nothing here needs a network.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from mcp import Client, StdioServerParameters

FIRST_DAY = [
    "Anna's train to Harnosund leaves at seven on Friday.",
    "The spare key hangs behind the blue door.",
    "Tomas is allergic to walnuts.",
    "What is Tomas allergic to?",
]
NEXT_DAY = ["Where does the spare key hang?", "Forget the key.", "Where does the spare key hang?"]


def choose_tool(said: str) -> tuple[str, dict[str, object]]:
    """What a language model would do: a question is recalled, an order to forget is obeyed, the rest is kept."""
    about = {"about": "things" if "key" in said else "people"}
    if said.endswith("?"):
        return "recall", {"question": said, "k": 1, "only": {"where": about}}
    if said.startswith("Forget"):
        return "forget", {"only": {"where": about}}
    return "remember", {"texts": [{"text": said, "metadata": about}]}


async def talk(agent: Client, lines: list[str]) -> None:
    for said in lines:
        tool, arguments = choose_tool(said)
        result = (await agent.call_tool(tool, arguments)).structured_content
        if tool == "recall":
            best = result["answers"][:1]
            print(f"{said}\n  {best[0]['text'] if best else 'I was never told.'}")
        else:
            print(f"{said}\n  ({tool}: {result['records']} notes)")


async def main(folder: Path) -> None:
    server = StdioServerParameters(command=sys.executable, args=["-m", "spikeloom", "serve", str(folder)])
    for day in (FIRST_DAY, NEXT_DAY):  # The agent goes home in between; its memory stays.
        async with Client(server) as agent:
            await talk(agent, day)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if sys.argv[1:] else Path(tempfile.mkdtemp()) / "memory"))
