// The program: all else is in the drivers, the SDK and its twin.

int cloud_conformance_main(const char *start);

int main(int argc, char **argv) { return argc == 2 ? cloud_conformance_main(argv[1]) : 1; }
