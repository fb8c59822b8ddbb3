"""Holds what deploy/ gives out against the product: every path, port, option, probe and package in it must exist."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

import dockerfile
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMPOSE = ROOT / "deploy/compose"
TREATYD = os.environ["TREATYD"]
BASE_IMAGE_HAS = {"libc6", "libgcc-s1"}  # and no container is without them


def text_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compose():
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text())


def image():
    return dockerfile.stages(dockerfile.read(ROOT / "deploy/docker/Dockerfile"))


def without_variables(text):
    """${NAME:-default} is its default."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def effective_options(*arguments, **environment):
    lines = text_of("env", *(f"{name}={value}" for name, value in environment.items()), TREATYD, "--check-config", *arguments)
    return dict(line.split("  # ")[0].split(": ", 1) for line in lines.splitlines() if ": " in line)


def container_ports(service):
    return {int(without_variables(mapping).split(":")[-1]) for mapping in service["ports"]}


@contextlib.contextmanager
def started(*arguments, **environment):
    """A treatyd as the image's entry point starts it, but on a directory and ports of its own; gives its ports file."""
    with tempfile.TemporaryDirectory(prefix="treaty-deploy-") as scratch:
        ports_file = pathlib.Path(scratch) / "ports.json"
        entry = dockerfile.last(image()[-1], "ENTRYPOINT").words()
        words = [str(ports_file) if word.endswith("ports.json") else word for word in entry[1:]]
        log = open(pathlib.Path(scratch) / "log", "w+")
        child = subprocess.Popen([TREATYD, *words, *arguments], cwd=scratch, stdout=log, stderr=log, env={
            **os.environ, "STORE_PATH": scratch + "/data", "HTTP_PORT": "0", "GRPC_PORT": "0", **environment})
        try:
            for _ in range(600):
                if ports_file.exists() or child.poll() is not None:
                    break
                time.sleep(0.05)
            if not ports_file.exists():
                log.seek(0)
                raise AssertionError(f"treatyd {words} {arguments} did not become ready:\n{log.read()}")
            yield ports_file, child
        finally:
            child.kill()
            child.wait()
            log.close()


def probe(path, ports_file):
    return subprocess.run([ROOT / "deploy/docker/probe", path, ports_file], capture_output=True, text=True, timeout=10)


def probed_path(command):
    """The path in ["CMD", "treaty-probe", "/readyz"]."""
    assert command[-2] == "treaty-probe", command
    return command[-1]


class Dockerfiles(unittest.TestCase):
    files = [ROOT / "deploy/docker/Dockerfile", COMPOSE / "etcd/Dockerfile"]

    def each_stage(self):
        for file in self.files:
            for stage in dockerfile.stages(dockerfile.read(file)):
                yield file, stage

    def test_base_images_have_versions(self):
        for file, stage in self.each_stage():
            with self.subTest(file=file):
                self.assertRegex(stage[0].words()[0], r"^debian:12-slim$")  # what the product is built and tested on

    def test_packages_are_installed_without_leftovers(self):
        for file, stage in self.each_stage():
            for run in (each for each in stage if each.name == "RUN" and "apt-get" in each.text):
                with self.subTest(file=file, line=run.line):
                    self.assertRegex(run.text, r"^apt-get update && apt-get install -y --no-install-recommends [^&]+ && rm -rf /var/lib/apt/lists/\*")

    def test_images_run_as_someone_else_than_root(self):
        for file in self.files:
            with self.subTest(file=file):
                final = dockerfile.stages(dockerfile.read(file))[-1]
                self.assertNotIn(dockerfile.last(final, "USER").text, ("", "root", "0"))

    def test_entry_points_hand_signals_on(self):
        for file in self.files:
            with self.subTest(file=file):
                entry = dockerfile.last(dockerfile.stages(dockerfile.read(file))[-1], "ENTRYPOINT")
                self.assertTrue(entry.text.startswith("["), "a shell between the engine and the process swallows SIGTERM")

    def test_what_is_copied_exists(self):
        patterns = dockerfile.ignore_patterns(ROOT)
        names = {dockerfile.stage_name(stage) for stage in image()}
        for stage in image():
            for copy in (each for each in stage if each.name == "COPY"):
                with self.subTest(line=copy.line):
                    if "from" in copy.options():
                        self.assertIn(copy.options()["from"], names)
                        continue
                    for source in copy.paths()[:-1]:
                        self.assertTrue((ROOT / source).exists(), source)
                        self.assertFalse(source != "." and dockerfile.ignored(patterns, source), source)

    def test_what_the_build_needs_is_what_the_project_needs(self):
        ours = set((ROOT / "tools/packages.txt").read_text().split())
        for run in (each for each in image()[0] if each.name == "RUN"):
            self.assertLessEqual(set(dockerfile.packages(run)) - {"pkg-config"}, ours)
        built = next(each.text for each in image()[0] if "cmake --build" in each.text)
        presets = json.loads((ROOT / "CMakePresets.json").read_text())
        self.assertIn(re.search(r"--preset (\S+)", built)[1], [each["name"] for each in presets["configurePresets"]])
        options = set(re.findall(r"option\((\w+)", (ROOT / "CMakeLists.txt").read_text()))
        self.assertLessEqual(set(re.findall(r"-D (TREATY_\w+)", built)), options)

    def test_image_has_the_libraries_that_the_binary_is_linked_with(self):
        installed = {name for run in image()[-1] if run.name == "RUN" for name in dockerfile.packages(run)}
        wanted = set(re.findall(r"\(NEEDED\).*\[(.*)\]", text_of("readelf", "--dynamic", TREATYD)))
        if any(re.match(r"lib[a-z]*san\.", name) for name in wanted):
            self.skipTest("a binary with a sanitizer is linked with more, and is not delivered")
        files = ["*" + path.removeprefix("/usr") for name, path in re.findall(r"(\S+) => (/\S+)", text_of("ldd", TREATYD))
                 if name in wanted]
        owners = {line.split(":")[0] for line in text_of("dpkg-query", "--search", *files).splitlines()}
        self.assertLessEqual(owners - BASE_IMAGE_HAS, installed)

    def test_store_and_probe_stand_where_the_user_may_write(self):
        final = image()[-1]
        self.assertEqual(dockerfile.last(final, "ENV").words(), [f"STORE_PATH={dockerfile.last(final, 'VOLUME').text}"])
        made = next(run.text for run in final if run.name == "RUN")
        directories = re.search(r"install -d -o (\w+) -g \w+ (.*)", made)
        self.assertEqual(directories[1], dockerfile.last(final, "USER").text)
        ports_file = pathlib.Path(dockerfile.last(final, "ENTRYPOINT").words()[-1])
        self.assertIn(str(ports_file.parent), directories[2].split())
        self.assertIn(str(ports_file), (ROOT / "deploy/docker/probe").read_text())


class Compose(unittest.TestCase):
    def setUp(self):
        self.services = compose()["services"]
        self.treaty = self.services["treaty"]

    def test_compose_itself_takes_the_file(self):
        done = subprocess.run(["/usr/bin/docker-compose", "--profile", "metrics", "config", "--quiet"], cwd=COMPOSE,
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_files_and_volumes_exist(self):
        for name, service in self.services.items():
            with self.subTest(service=name):
                self.assertTrue("image" in service or "build" in service)
                for mount in service.get("volumes", []):
                    source = mount.split(":")[0]
                    if source.startswith("."):
                        self.assertTrue((COMPOSE / source).is_file(), source)
                    else:
                        self.assertIn(source, compose()["volumes"])
                for other in service.get("depends_on", []):
                    self.assertIn(other, self.services)

    def test_built_images_have_their_dockerfiles(self):
        for name, service in self.services.items():
            build = service.get("build")
            if build is None:
                self.assertRegex(service["image"], r":v?\d", f"{name} needs a version")
                continue
            context = COMPOSE / (build if isinstance(build, str) else build["context"])
            file = "Dockerfile" if isinstance(build, str) else build["dockerfile"]
            self.assertTrue((context / file).is_file(), name)

    def test_ports_are_those_of_the_product(self):
        options = effective_options("-c=" + str(COMPOSE / "treaty.yaml"))
        ports = {int(options["HttpPort"]), int(options["GrpcPort"])}
        self.assertEqual(container_ports(self.treaty), ports)
        self.assertEqual({int(port) for port in dockerfile.last(image()[-1], "EXPOSE").text.split()}, ports)

    def test_configuration_is_read_without_a_complaint(self):
        done = subprocess.run([TREATYD, "--check-config", "-c=" + str(COMPOSE / "treaty.yaml")], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_services_find_the_coordinator_through_etcd(self):
        options = effective_options("-c=" + str(COMPOSE / "treaty.yaml"))
        host, port = re.match(r"etcd://([\w.]+):(\d+)/\w+$", options["MicroService.Target"]).groups()
        self.assertIn(int(port), container_ports(self.services[host]))
        entry = dockerfile.last(dockerfile.read(COMPOSE / "etcd/Dockerfile"), "ENTRYPOINT").words()
        self.assertIn(f"--listen-client-urls=http://0.0.0.0:{port}", entry)
        self.assertIn(f"--advertise-client-urls=http://{host}:{port}", entry)
        self.assertEqual(options["MicroService.EndPoint"], f"treaty:{options['GrpcPort']}")

    def test_command_names_the_mounted_file(self):
        (command,) = self.treaty["command"]
        mounted = {mount.split(":")[1]: mount.split(":")[0] for mount in self.treaty["volumes"]}
        self.assertEqual(mounted[command.removeprefix("-c=")], "./treaty.yaml")
        self.assertEqual(mounted["/var/lib/treaty"], "treaty-data")
        self.assertEqual(dockerfile.last(image()[-1], "VOLUME").text, "/var/lib/treaty")
        self.assertEqual(self.treaty["tmpfs"], ["/run/treaty"])

    def test_a_stop_leaves_time_to_drain(self):
        drain = effective_options()["DrainTimeout"]
        self.assertGreater(int(self.treaty["stop_grace_period"].rstrip("s")), int(drain.rstrip("s")))


class Probes(unittest.TestCase):
    def paths(self):
        health = dockerfile.last(image()[-1], "HEALTHCHECK").text
        yield probed_path(json.loads(health[health.index("["):]))
        yield probed_path(compose()["services"]["treaty"]["healthcheck"]["test"])

    def test_a_running_coordinator_is_healthy_and_a_dead_one_is_not(self):
        with started() as (ports_file, child):
            for path in self.paths():
                answer = probe(path, ports_file)
                self.assertEqual(answer.returncode, 0, answer)
            self.assertNotEqual(probe("/nosuch", ports_file).returncode, 0)
            child.send_signal(signal.SIGKILL)
            child.wait()
            for path in self.paths():
                self.assertNotEqual(probe(path, ports_file).returncode, 0)

    def test_a_coordinator_that_starts_is_not_healthy_yet(self):
        answer = probe("/healthz", "/nonexistent/ports.json")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("not ready yet", answer.stdout)

    def test_entry_point_serves_with_the_configuration_of_compose(self):
        with started("-c=" + str(COMPOSE / "treaty.yaml")) as (ports_file, _):
            self.assertEqual(probe("/healthz", ports_file).returncode, 0)

    def test_prometheus_is_sent_to_metrics(self):
        (job,) = yaml.safe_load((COMPOSE / "prometheus.yml").read_text())["scrape_configs"]
        (target,) = job["static_configs"][0]["targets"]
        host, port = target.split(":")
        self.assertIn(int(port), container_ports(compose()["services"][host]))
        with started() as (ports_file, _):
            own_port = json.loads(ports_file.read_text())["http"]
            with urllib.request.urlopen(f"http://127.0.0.1:{own_port}{job['metrics_path']}") as answer:
                self.assertIn(b"treaty_store_serving 1", answer.read())


if __name__ == "__main__":
    unittest.main(verbosity=2)
