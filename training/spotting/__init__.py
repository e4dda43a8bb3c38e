"""How well movements are spotted: long synthetic recordings, scores, and two methods to compare with."""
