use super::*;

fn random(sizes: &[i64], seed: i64) -> Tensor {
    tch::manual_seed(seed);
    Tensor::randn(sizes, (Kind::Float, Device::Cpu))
}

/// Largest difference from the same in double precision, of the largest number.
fn difference(found: &Tensor, exact: &Tensor) -> f64 {
    assert_eq!(found.size(), exact.size());
    assert_eq!(found.kind(), Kind::Float);
    let largest = exact.abs().max().double_value(&[]);
    (found.to_kind(Kind::Double) - exact)
        .abs()
        .max()
        .double_value(&[])
        / largest
}

/// Both sides of each bound: little work, few rows, many rows; in two and three dimensions.
#[test]
fn every_way_gives_the_product() {
    let (weight, bias) = (random(&[96, 128], 0), random(&[96], 1));
    for sizes in [
        vec![1, 128],
        vec![3, 90, 128],
        vec![255, 128],
        vec![256, 128],
        vec![4, 197, 128],
    ] {
        let input = random(&sizes, 2);
        let double = |tensor: &Tensor| tensor.to_kind(Kind::Double);
        let exact = double(&input).linear(&double(&weight), Some(double(&bias)));
        let found = linear(&input, &weight, Some(&bias)).unwrap();
        assert!(difference(&found, &exact) < 1e-6, "{sizes:?}");
        let none = linear(&input, &weight, None).unwrap();
        assert!(difference(&none, &(&exact - double(&bias))) < 1e-6);
        if let Some(found) = with_weights(&input, &weight.transpose(0, 1), Some(&bias)).unwrap() {
            assert!(difference(&found, &exact) < 1e-6, "{sizes:?}");
        }
    }
}

#[test]
fn gradients_are_those_of_the_usual_product() {
    let weight = random(&[64, 128], 0);
    for rows in [130, 300] {
        let input = random(&[rows, 128], 3).set_requires_grad(true);
        let gradient = |output: Tensor| {
            let score = output.square().sum(Kind::Float);
            Tensor::run_backward(&[score], &[&input], false, false).remove(0)
        };
        let found = gradient(linear(&input, &weight, None).unwrap());
        let usual = gradient(input.linear(&weight, None::<Tensor>)).to_kind(Kind::Double);
        assert!(difference(&found, &usual) < 1e-6, "{rows} rows");
    }
}

#[test]
fn a_convolution_of_one_by_one_is_still_one() {
    let (input, weight) = (random(&[1, 32, 20, 20], 0), random(&[16, 32, 1, 1], 1));
    let given = || Given {
        stride: vec![1],
        padding: vec![0, 0],
        dilation: vec![1, 1],
        groups: 1,
    };
    let exact = input.to_kind(Kind::Double).conv2d(
        &weight.to_kind(Kind::Double),
        None::<Tensor>,
        1,
        0,
        1,
        1,
    );
    let found = convolution(&input, &weight, None, given()).unwrap();
    assert!(difference(&found, &exact) < 1e-6);
}

#[test]
fn a_matrix_is_turned_in_memory_only() {
    let matrix = random(&[5, 7], 0);
    let turned = column_by_column(&matrix).unwrap();
    assert!(turned == matrix);
    assert!(column_by_column(&turned).unwrap().data_ptr() == turned.data_ptr());
    let flat = random(&[3], 0);
    assert_eq!(column_by_column(&flat).unwrap().stride(), [1]);
}
