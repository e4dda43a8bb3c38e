def run_window(demo: bool = False) -> int:
    return 0
