#include "cli/commands.hpp"

int main(int argc, char** argv) {
    return hone::run_hone(argc, argv);
}
