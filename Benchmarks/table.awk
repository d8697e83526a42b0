# Prints samples (label, unit, value, tab between) as a table: least, median, most of each label.

function show(label, unit, list, n, i, j, t, sorted) {
    n = split(list, sorted, " ")
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && sorted[j - 1] + 0 > sorted[j] + 0; j--) {
            t = sorted[j]; sorted[j] = sorted[j - 1]; sorted[j - 1] = t
        }
    # Of an even number the lower of the two in the middle.
    printf "%-66s %10s %10s %10s  %s\n", label, text(sorted[1]), text(sorted[int((n + 1) / 2)]), \
        text(sorted[n]), unit
}

function text(value) {
    if (value == int(value) || value >= 1000) return sprintf("%.0f", value)
    return sprintf(value >= 100 ? "%.1f" : value >= 1 ? "%.2f" : "%.3f", value)
}

function flush_section(i) {
    for (i = 1; i <= count; i++) show(labels[i], units[i], values[labels[i]])
    count = 0
    split("", values)
}

/^== / {
    flush_section()
    printf "\n%-66s %10s %10s %10s\n", substr($0, 4), "least", "median", "most"
    next
}

{
    if (!($1 in values)) { labels[++count] = $1; units[count] = $2 }
    values[$1] = values[$1] " " $3
}

END { flush_section() }
