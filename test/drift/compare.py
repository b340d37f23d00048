"""Works out with Evidently and SciPy what test/drift/run.ts worked out, and ends with 1 where they differ."""

import json
import os
import sys
import warnings

os.environ["DO_NOT_TRACK"] = "1"  # Evidently tells its makers of its use otherwise
warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd
from evidently.legacy.calculations.stattests import chisquare_stattest, hellinger_distance, jensenshannon, kl_div, ks_stattest, psi, wasserstein_distance_norm
from evidently.legacy.core import ColumnType
from scipy import stats
from scipy.spatial import distance
from statsmodels.stats.multitest import multipletests

BOUND = 1e-9
with open(sys.argv[1]) as file:
    cases = json.load(file)
failed = 0


def compare(name, measure, ours, theirs, whose, bound=BOUND):
    global failed
    off = abs(ours - theirs) / max(1e-12, abs(theirs)) if theirs else abs(ours)
    good = off <= bound
    failed += not good
    print(f"{'same' if good else 'DIFFERS'}  {measure} of {name}: {ours:.12g}, {whose} {theirs:.12g}")


def evidently(function, reference, live, kind):
    return float(function(pd.Series(reference), pd.Series(live), kind, 0.1)[0])


for case in cases["numeric"]:
    name, ours, reference, live = case["name"], case["ours"], case["reference"], case["live"]
    few = len(set(reference) | set(live)) <= 20
    kind = ColumnType.Numerical
    found = stats.ks_2samp(reference, live)
    compare(name, "Kolmogorov-Smirnov", ours["kolmogorov_smirnov"], found.statistic, "SciPy")
    large = max(len(reference), len(live)) > 10_000
    # Beyond 10,000 rows SciPy corrects Kolmogorov's limit for the size of the sample, which is not worth its code here.
    en = len(reference) * len(live) / (len(reference) + len(live))
    theirs = stats.kstwobign.sf(found.statistic * np.sqrt(en)) if large else found.pvalue
    compare(name, "its p", ours["kolmogorov_smirnov_p"], theirs, "SciPy", 1e-8)
    if large:
        compare(name, "its p beside the corrected one", ours["kolmogorov_smirnov_p"], found.pvalue, "SciPy", 0.02)
    else:
        compare(name, "its p", ours["kolmogorov_smirnov_p"], evidently(ks_stattest._ks_stat_test, reference, live, kind), "Evidently", 1e-8)
    compare(name, "Wasserstein", ours["wasserstein"], stats.wasserstein_distance(reference, live), "SciPy")
    compare(name, "normed Wasserstein", ours["normed_wasserstein"], evidently(wasserstein_distance_norm._wasserstein_distance_norm, reference, live, kind), "Evidently")
    if few:
        continue  # Evidently takes up to twenty values as classes; those are compared below
    compare(name, "PSI", ours["psi"], evidently(psi._psi, reference, live, kind), "Evidently")
    compare(name, "Kullback-Leibler", ours["kullback_leibler"], evidently(kl_div._kl_div, reference, live, kind), "Evidently")
    compare(name, "Jensen-Shannon", ours["jensen_shannon"], evidently(jensenshannon._jensenshannon, reference, live, kind), "Evidently")
    compare(name, "Jensen-Shannon", ours["jensen_shannon"], distance.jensenshannon(case["reference_counts"], case["live_counts"]), "SciPy")

for case in cases["categorical"]:
    name, ours = case["name"], case["ours"]
    reference, live = (np.repeat([f"class {at}" for at in range(len(case[side]))], case[side]) for side in ("reference", "live"))
    kind = ColumnType.Categorical
    observed, known = np.array(case["live"]), np.array(case["reference"])
    found = stats.chisquare(observed, known / known.sum() * observed.sum())
    compare(name, "chi-squared", ours["chi_squared"], found.statistic, "SciPy")
    compare(name, "its p", ours["chi_squared_p"], found.pvalue, "SciPy", 1e-8)
    compare(name, "its p", ours["chi_squared_p"], evidently(chisquare_stattest._chi_stat_test, reference, live, kind), "Evidently", 1e-8)
    compare(name, "PSI", ours["psi"], evidently(psi._psi, reference, live, kind), "Evidently")
    compare(name, "Kullback-Leibler", ours["kullback_leibler"], evidently(kl_div._kl_div, reference, live, kind), "Evidently")
    compare(name, "Jensen-Shannon", ours["jensen_shannon"], evidently(jensenshannon._jensenshannon, reference, live, kind), "Evidently")
    compare(name, "Hellinger", ours["hellinger"], evidently(hellinger_distance._hellinger_distance, reference, live, kind), "Evidently", 1e-7)

for case in cases["binomial"]:
    theirs = stats.binom.sf(case["count"] - 1, case["trials"], case["share"])
    compare(f"{case['count']} or more of {case['trials']} by {case['share']}", "binomial", case["ours"], theirs, "SciPy", 1e-8)

corrected = multipletests(cases["holm"]["ps"], method="holm")[1]
for ours, theirs in zip(cases["holm"]["ours"], corrected):
    compare("five p-values", "Holm's correction", ours, theirs, "statsmodels")

print(f"\n{failed} differ" if failed else "\nall the same")
sys.exit(1 if failed else 0)
